-- The settings that a new system starts with (scripts/systems/astrid/settings.ts): every column is given, for the database has
-- no defaults. What is there already stays as it is, so that this may run again.
insert into public.system_config (id, key, value, description, is_active)
values
  ('a57a1d00-0000-4000-8000-000000000001', 'list.default_limit', '100', 'Rows of a list, unless asked otherwise', true),
  ('a57a1d00-0000-4000-8000-000000000002', 'list.max_limit', '1000', 'Most rows that a list may be asked for', true),
  ('a57a1d00-0000-4000-8000-000000000003', 'jobs.max_retries', '3', 'How often a failed job is tried again', true),
  ('a57a1d00-0000-4000-8000-000000000004', 'difference.algorithm', '"zogy"', 'Algorithm of a differencing run', true),
  ('a57a1d00-0000-4000-8000-000000000005', 'detection.confidence_threshold', '0.5', 'Least confidence of a detection that a person is shown', true),
  ('a57a1d00-0000-4000-8000-000000000006', 'alerts.default_priority', '"MEDIUM"', 'Priority of an alert', true)
on conflict do nothing;
