import { draw, wide } from './draw.ts'

export const predictionColumns = ['imdb_id', 'prediction', 'probability', 'cm_value', 'created_at']

/** SQL of the prediction rows of the titles that meet the condition `which`; the scale of their probability differs from one to twenty digits. */
export function predictionOfTitles(which: string): string {
  const probability = `((${wide('h', 5)}::bigint % 999999 + 1) / 1000000.0)::numeric`
  return `
    select
      n, dirt, 1 as nth, imdb_id,
      case when ${probability} >= 0.5 then 1 else 0 end as prediction,
      case ${draw('h', 9, 8)}
        when 0 then round(${probability}, 1)
        when 1 then round(${probability}, 2)
        when 2 then round(${probability}, 3)
        when 3 then round(${probability}, 12)
        when 4 then ${probability} * 0.99999999999999
        else round(${probability}, 6)
      end as probability,
      case when ${probability} >= 0.5 then 'tp' when ${draw('h', 11, 9)} = 0 then 'fn' else 'tn' end as cm_value,
      seen_at + ${draw('h', 15, 50000)} * interval '61.000007 seconds' as created_at
    from pg_temp.title
    where in_prediction
      and ${which}`
}
