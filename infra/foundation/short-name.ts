/** AWS takes 32 characters for a load balancer's or a target group's name; eight are Pulumi's random ones. */
const LONGEST = 24;

/**
 * A name for a load balancer or a target group: without its first words, as many as do not fit. A longer name
 * fails the update; one given by hand would keep a replacement from standing beside what it replaces.
 */
export function shortName(name: string): string {
  const words = name.split('-');
  while (words.length > 1 && words.join('-').length > LONGEST) words.shift();
  return words.join('-');
}
