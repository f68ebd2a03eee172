import type { Step } from './step.ts'

function trigger(table: string, name: string, call: string, when = ''): string {
  return `create trigger ${name}
      before update on atp.${table}
      for each row ${when}
      execute function atp.${call}();`
}

function routine(name: string, body: string): string {
  return `create function atp.${name}()
    returns trigger
    language plpgsql
    as $body$
    begin
      ${body}
      return new;
    end $body$;`
}

const touch = `new.updated_at := current_timestamp at time zone 'UTC';`

/** V19: updated_at on media and training, and the reset rules of the pipeline. Names decide the order of firing. */
export const v19: Step = {
  version: 19,
  description: 'triggers',
  sql: `
    ${routine('update_updated_at_column', touch)}
    ${trigger('media', 'update_media_updated_at', 'update_updated_at_column')}
    ${routine(
      'reset_on_ingestion',
      `if new.pipeline_status = 'ingested' and old.pipeline_status <> 'ingested' then
        if old.rejection_status <> 'override' then
          new.rejection_status := 'unfiltered';
        end if;
        new.rejection_reason := null;
        new.error_status := false;
        new.error_condition := null;
      end if;`,
    )}
    ${trigger('media', 'reset_fields_on_ingestion', 'reset_on_ingestion')}
    ${routine(
      'reset_error_condition',
      `if not new.error_status then
        new.error_condition := null;
      end if;`,
    )}
    ${trigger('media', 'clear_error_condition', 'reset_error_condition')}
    ${routine(
      'reset_rejection_reason',
      `if new.rejection_status <> 'rejected' then
        new.rejection_reason := null;
      end if;`,
    )}
    ${trigger('media', 'clear_rejection_reason', 'reset_rejection_reason')}
    ${routine('trg_fn_training_update_timestamp', touch)}
    ${trigger('training', 'trg_training_update_timestamp', 'trg_fn_training_update_timestamp')}`,
}

/** V24: soft delete. The column comes last in the table. */
export const v24: Step = {
  version: 24,
  description: 'add soft delete to media',
  sql: `
    alter table atp.media
      add column deleted_at timestamptz default null;
    comment on column atp.media.deleted_at is 'when the item was deleted; null while it is alive';
    ${routine(
      'set_rejection_on_soft_delete',
      `if old.deleted_at is null and new.deleted_at is not null then
        new.rejection_status := 'rejected';
        new.rejection_reason := 'user deletion';
      end if;`,
    )}
    ${trigger(
      'media',
      'trg_media_soft_delete',
      'set_rejection_on_soft_delete',
      'when (old.deleted_at is distinct from new.deleted_at)',
    )}`,
}

/** V31: one function keeps updated_at everywhere; timestamps are never null. */
export const v31: Step = {
  version: 31,
  description: 'standardize timestamp triggers',
  sql: `
    ${routine('set_updated_at', touch)}
    comment on function atp.set_updated_at() is 'sets updated_at when a row changes';
    drop trigger update_media_updated_at on atp.media;
    drop function atp.update_updated_at_column();
    ${trigger('media', 'update_media_updated_at', 'set_updated_at')}
    drop trigger trg_training_update_timestamp on atp.training;
    drop function atp.trg_fn_training_update_timestamp();
    ${trigger('training', 'trg_training_update_timestamp', 'set_updated_at')}
    ${trigger('engineered', 'trg_engineered_update_timestamp', 'set_updated_at')}
    alter table atp.engineered
      alter column created_at set not null,
      alter column updated_at set not null;
    comment on table atp.engineered is 'features made for the model';`,
}
