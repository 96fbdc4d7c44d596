import { createHash } from 'node:crypto';
import type { Wire } from '../../recording/provider.ts';

/** One resource between being made and being deleted. What is made again has another `identity`. */
export type Life = {
  type: string;
  /** The name in the program. */
  name: string;
  /** What ids are derived from: two runs give equal ids. */
  identity: string;
  inputs: Wire;
  region: string;
  account: string;
};

/** What AWS would have answered for a type; what is not said here is made up from the declared type alone. */
export type Shape = {
  /** Default: the physical name, else letters derived from the identity. */
  id?: (life: Life) => string;
  /** The whole ARN. Default: `arn:aws:SERVICE:REGION:ACCOUNT:KIND/ID`. */
  arn?: (life: Life, id: string) => string;
  outputs?: (life: Life, id: string) => Wire;
  /** What the provider can tell of its outputs before it makes the resource. */
  planned?: (life: Life) => Wire;
  /** Outputs that come out otherwise when one of these inputs changes (`*`: any but the tags). */
  updated?: { by: readonly string[]; outputs: (life: Life, id: string, before: Wire) => Wire };
  /** The input that the provider fills when it is not given, and the longest that AWS takes. */
  naming?: {
    property: string;
    limit: number;
    lowerCase?: true;
    suffix?: (inputs: Wire) => string;
    prefix?: string;
  };
};

export type Shapes = Record<string, Shape>;

/** Hexadecimal digits that are always the same for a life and a purpose. */
export function hex(life: Life, length: number, purpose = ''): string {
  return createHash('sha256').update(`${life.identity} ${purpose}`).digest('hex').slice(0, length);
}

/** Upper-case letters and digits, as CloudFront, Route 53 and IAM make ids. */
export function letters(life: Life, length: number, purpose = ''): string {
  const digest = createHash('sha512').update(`${life.identity} ${purpose}`).digest();
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  return [...digest.subarray(0, length)].map((byte) => alphabet.charAt(byte % alphabet.length)).join('');
}

export function uuid(life: Life, purpose = ''): string {
  return hex(life, 32, purpose).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** A number below the bound. */
export function number(life: Life, below: number, purpose = ''): number {
  return parseInt(hex(life, 8, purpose), 16) % below;
}

/** `vpc-0123456789abcdef0` */
export function resourceId(prefix: string): (life: Life) => string {
  return (life) => `${prefix}-0${hex(life, 16)}`;
}

/** An input as text, '' where it is not given. */
export function text(life: Life, property: string): string {
  const value = life.inputs[property];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

export function list(life: Life, property: string): string[] {
  const value = life.inputs[property];
  return Array.isArray(value) ? value.map(String) : [];
}

export function regional(service: string, resource: (life: Life, id: string) => string) {
  return (life: Life, id: string) =>
    `arn:aws:${service}:${life.region}:${life.account}:${resource(life, id)}`;
}

/** For IAM, CloudFront and Route 53, whose ARNs name no region. */
export function global(service: string, resource: (life: Life, id: string) => string) {
  return (life: Life, id: string) => `arn:aws:${service}::${life.account}:${resource(life, id)}`;
}

/** An id made of inputs. */
export function joined(separator: string, ...properties: string[]): (life: Life) => string {
  return (life) => properties.map((property) => text(life, property)).join(separator);
}

/** Everything AWS has made at some time was made then: a clock would make two runs differ. */
export const MADE_AT = '2026-01-01T00:00:00Z';
