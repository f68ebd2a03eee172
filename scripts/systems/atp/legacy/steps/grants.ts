import type { Step } from './step.ts'

/**
 * Grants to the API's role. Only where the role exists: whoever may not create roles still gets a database, without them.
 */
function grants(version: number, description: string, ...statements: string[]): Step {
  const lines = statements.map((statement) => `        ${statement};`).join('\n')
  return {
    version,
    description,
    sql: `
    do $grants$
    begin
      if to_regrole('rear_diff') is not null then
${lines}
      end if;
    end $grants$;`,
  }
}

/** V11–V15, V21 and V22: what rear_diff may read and write. */
export const grantSteps: Step[] = [
  grants(
    11,
    'rear diff grants',
    'grant usage on schema atp to rear_diff',
    'grant select on atp.training to rear_diff',
    'grant update (label, human_labeled, reviewed) on atp.training to rear_diff',
  ),
  grants(12, 'rear diff media select grant', 'grant select on atp.media to rear_diff'),
  grants(
    13,
    'grant rear diff select public schema',
    'grant select on all tables in schema public to rear_diff',
    'alter default privileges in schema public grant select on tables to rear_diff',
  ),
  grants(
    14,
    'grant rear diff media update columns',
    'grant update (pipeline_status, error_status, error_condition, rejection_status, rejection_reason) on atp.media to rear_diff',
  ),
  grants(15, 'grant rear diff media update', 'grant update on atp.media to rear_diff'),
  grants(21, 'grant rear diff atp prediction select', 'grant select on atp.prediction to rear_diff'),
  grants(22, 'grant rear diff full update atp training', 'grant update on atp.training to rear_diff'),
]

/** Lets rear_diff read the view, where the role exists. */
export const grantMovies = grants(23, '', 'grant select on atp.movies to rear_diff').sql
