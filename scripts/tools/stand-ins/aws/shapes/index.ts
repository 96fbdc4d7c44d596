import { compute } from './compute.ts';
import { delivery } from './delivery.ts';
import { identity } from './identity.ts';
import { network } from './network.ts';
import type { Shape, Shapes } from './shape.ts';
import { stores } from './stores.ts';

/** Of each type that answers in a way of its own. */
export const SHAPES: Shapes = { ...network, ...compute, ...stores, ...identity, ...delivery };

/** What is known of a type; nothing for most. */
export function shapeOf(type: string): Shape {
  return SHAPES[canonical(type)] ?? {};
}

/** `aws.alb` and `aws.lb` hold the same resources. */
export function canonical(type: string): string {
  return type.replace(/^aws:alb\//, 'aws:lb/');
}
