-- What rear_diff may do on media and training, where the columns went; databases without the role have nothing to grant.
do $grants$
begin
  if not exists (select from pg_roles where rolname = 'rear_diff') then
    return;
  end if;

  grant select on atp.downloads, atp.files, atp.media_metadata, atp.media_metrics to rear_diff;

  grant update (label, human_labeled, anomalous, reviewed)
  on atp.media_metadata to rear_diff;

  grant update (pipeline_status, error_status, error_condition, rejection_status, rejection_reason)
  on atp.downloads to rear_diff;
end
$grants$;
