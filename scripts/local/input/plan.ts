import { AWKWARD_KEYS } from './awkward.ts';
import { DISHES, RESTAURANTS } from './names.ts';
import { pick, seededRandom } from './random.ts';
import type { ObjectHeaders } from '../../store/object.ts';

/** A part of a photograph, in fractions of its width and height. */
export type Crop = { left: number; top: number; extent: number };
export type Rendition = { key: string; width: number; quality: number; format: 'jpeg' | 'webp' } & Described;
/** Renditions of one crop of one photograph: the sizes of one dish's picture. */
export type Picture = { photograph: number; crop: Crop; description: string; renditions: Rendition[] };
export type Described = {
  headers: ObjectHeaders;
  metadata: Record<string, string>;
  tags: Record<string, string>;
};

const SIZES = [
  { name: 'thumb', width: 320, quality: 78 },
  { name: 'card', width: 520, quality: 80 },
  { name: 'large', width: 760, quality: 80 },
] as const;
/** One dish in so many has a picture for the head of a page, some 100–400 KB. */
const HERO_EVERY = 7;

/**
 * What the source is filled with, apart from archives and documents: `objects` renditions of the
 * photographs, laid out like an image store, and one for each awkward key that has a picture. The same
 * arguments give the same plan.
 */
export function planPictures(objects: number, photographs: number): Picture[] {
  const random = seededRandom(2026);
  const pictures: Picture[] = [];
  let planned = 0;
  for (let dish = 0; planned < objects; dish++) {
    const restaurant = pick(random, RESTAURANTS);
    const kind = pick(random, DISHES);
    const id = `${kind.id}-${String(dish).padStart(5, '0')}`;
    const sizes = dish % HERO_EVERY === 3 ? [...SIZES, { name: 'hero', width: 1600, quality: 88 }] : SIZES;
    const renditions = sizes.slice(0, objects - planned).map(({ name, width, quality }, index): Rendition => {
      const format = name !== 'hero' && (dish + index) % 6 === 0 ? 'webp' : 'jpeg';
      const extension = format === 'webp' ? 'webp' : 'jpg';
      const number = planned + index;
      return {
        key: `images/2026/${restaurant.id}/${id}-${name}.${extension}`,
        width,
        quality,
        format,
        headers: headersOf(number, `image/${format}`, `${id}.${extension}`, restaurant.language),
        metadata: {
          restaurant: restaurant.id,
          ...(number % 3 === 0 ? { dish: kind.name, city: restaurant.city } : {}),
        },
        tags: number % 5 === 0 ? { size: name, season: number % 2 === 0 ? 'summer' : 'winter' } : {},
      };
    });
    planned += renditions.length;
    pictures.push({
      photograph: dish % photographs,
      crop: cropOf(random),
      description: `${kind.name} – ${restaurant.name}`,
      renditions,
    });
  }
  return [...pictures, ...awkwardPictures(random, photographs)];
}

function awkwardPictures(random: () => number, photographs: number): Picture[] {
  return AWKWARD_KEYS.filter(({ body }) => body === 'photograph').map(({ key }, number) => ({
    photograph: number % photographs,
    crop: cropOf(random),
    description: `Awkward key ${number}`,
    renditions: [
      {
        key,
        width: 240,
        quality: 72,
        format: 'jpeg',
        headers: { contentType: 'image/jpeg' },
        metadata: { awkward: 'grüße-🍕' },
        tags: {},
      },
    ],
  }));
}

function cropOf(random: () => number): Crop {
  const extent = 0.45 + random() * 0.5;
  return { extent, left: random() * (1 - extent), top: random() * (1 - extent) };
}

function headersOf(number: number, contentType: string, file: string, language: string): ObjectHeaders {
  return {
    contentType,
    cacheControl: number % 4 === 0 ? 'public, max-age=86400, immutable' : 'public, max-age=3600',
    ...(number % 7 === 0 ? { contentDisposition: `inline; filename="${file}"` } : {}),
    ...(number % 11 === 0 ? { contentLanguage: language } : {}),
    ...(number % 13 === 0 ? { expires: 'Fri, 31 Dec 2027 23:59:59 GMT' } : {}),
  };
}
