export { Capture, type CaptureArgs } from './capture.ts';
