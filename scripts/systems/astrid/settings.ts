import type { systemConfig } from '../../../schema/astrid/system-config.ts'

type Setting = typeof systemConfig.$inferInsert

const setting = (number: number, key: string, value: unknown, description: string): Setting => ({
  id: `a57a1d00-0000-4000-8000-${String(number).padStart(12, '0')}`,
  key,
  value,
  description,
  isActive: true,
})

/**
 * The settings that a new system starts with, as its step seeds them: once, and never over one that is there. Keys of
 * surveys, `survey_config:` and a name, are the application's own.
 */
export const settings: readonly Setting[] = [
  setting(1, 'list.default_limit', 100, 'Rows of a list, unless asked otherwise'),
  setting(2, 'list.max_limit', 1000, 'Most rows that a list may be asked for'),
  setting(3, 'jobs.max_retries', 3, 'How often a failed job is tried again'),
  setting(4, 'difference.algorithm', 'zogy', 'Algorithm of a differencing run'),
  setting(5, 'detection.confidence_threshold', 0.5, 'Least confidence of a detection that a person is shown'),
  setting(6, 'alerts.default_priority', 'MEDIUM', 'Priority of an alert'),
]
