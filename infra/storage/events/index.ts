export {
  EVENTS_NODE_PORT,
  EVENTS_PATH,
  EVENTS_POD_PORT,
  EVENTS_TOPIC,
  EventsEntrance,
  eventsPushEndpoint,
  type EventsEntranceArgs,
} from './entrance.ts';
