export { Capture, type CaptureArgs } from './capture.ts';
export { canaryAlarms } from './canary-alarms.ts';
