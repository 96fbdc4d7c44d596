import { gzipSync } from 'node:zlib';
import { DISHES, RESTAURANTS } from './names.ts';
import { pick, seededRandom } from './random.ts';
import type { Described } from './plan.ts';

export type Document = { key: string; body: Buffer } & Described;

/** Food metadata: one JSON document a dish, every eighth stored compressed. The same count gives the same bytes. */
export function planDocuments(count: number): Document[] {
  const random = seededRandom(1862);
  return Array.from({ length: count }, (_, number): Document => {
    const restaurant = pick(random, RESTAURANTS);
    const dish = pick(random, DISHES);
    const id = `${dish.id}-${String(number).padStart(5, '0')}`;
    const text = JSON.stringify(
      {
        id,
        dish: dish.name,
        restaurant: { id: restaurant.id, name: restaurant.name, city: restaurant.city },
        allergens: dish.allergens,
        priceCents: 450 + Math.floor(random() * 2600),
        kilocalories: 120 + Math.floor(random() * 900),
        ingredients: Array.from({ length: 3 + (number % 9) }, (_unused, index) => ({
          name: `ingredient ${index + 1}`,
          grams: 5 + Math.floor(random() * 200),
        })),
      },
      undefined,
      1,
    );
    const compressed = number % 8 === 5;
    return {
      key: `dishes/${restaurant.id}/${id}.json`,
      body: compressed ? gzipSync(text) : Buffer.from(text),
      headers: {
        contentType: 'application/json; charset=utf-8',
        cacheControl: 'private, no-cache',
        ...(compressed ? { contentEncoding: 'gzip' } : {}),
        ...(number % 6 === 0 ? { contentLanguage: restaurant.language } : {}),
      },
      metadata: { schema: '3', ...(number % 4 === 0 ? { dish: dish.name } : {}) },
      tags: number % 10 === 0 ? { source: 'kitchen' } : {},
    };
  });
}
