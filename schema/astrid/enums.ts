import { astrid } from './parts.ts'

// Upper-case labels: the application's ORM stores the names of its members and not their values.

/** How far a job of the workflow is. */
export const processingJobStatus = astrid.enum('processing_job_status', [
  'PENDING',
  'RUNNING',
  'COMPLETED',
  'FAILED',
  'CANCELLED',
])

/** How far a differencing run is. */
export const differenceRunStatus = astrid.enum('difference_run_status', ['PENDING', 'RUNNING', 'COMPLETED', 'FAILED'])

/** What became of a potential transient. */
export const candidateStatus = astrid.enum('candidate_status', [
  'PENDING',
  'PROCESSING',
  'DETECTED',
  'REJECTED',
  'DUPLICATE',
])

/** What a model does. */
export const modelType = astrid.enum('model_type', ['UNET', 'ANOMALY_DETECTOR', 'CLASSIFIER', 'SEGMENTATION'])

/** How far an inference run is. */
export const modelRunStatus = astrid.enum('model_run_status', ['PENDING', 'RUNNING', 'COMPLETED', 'FAILED'])

/** What a detection is taken for. */
export const detectionType = astrid.enum('detection_type', [
  'SUPERNOVA',
  'VARIABLE',
  'TRANSIENT',
  'UNKNOWN',
  'ARTIFACT',
])

/** How far a detection has been validated. */
export const detectionStatus = astrid.enum('detection_status', [
  'PENDING',
  'VALIDATING',
  'VALIDATED',
  'REJECTED',
  'CONFIRMED',
  'ARCHIVED',
])

/** How sure a person is. */
export const confidenceLevel = astrid.enum('confidence_level', ['LOW', 'MEDIUM', 'HIGH', 'EXPERT'])

/** How good an image is: a type of its own, though detection_quality has the same labels. */
export const imageQuality = astrid.enum('image_quality', ['EXCELLENT', 'GOOD', 'FAIR', 'POOR'])

/** How good a detection is. */
export const detectionQuality = astrid.enum('detection_quality', ['EXCELLENT', 'GOOD', 'FAIR', 'POOR'])

/** How urgent an alert is. */
export const alertPriority = astrid.enum('alert_priority', ['LOW', 'MEDIUM', 'HIGH', 'CRITICAL'])

/** Whether an alert has reached anybody. */
export const alertStatus = astrid.enum('alert_status', ['PENDING', 'SENT', 'DELIVERED', 'FAILED', 'CANCELLED'])
