import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { setUpDatabases } from '../../../scripts/platform/databases/set-up.ts';
import { ownPostgres, type OwnPostgres } from '../../support/postgres.ts';

const MODELS = fileURLToPath(new URL('aws_ml.sql', import.meta.url));

let server: OwnPostgres;
/** As the applications log in. */
let food: pg.Client;
let second: pg.Client;

/** The one value of a query's one row. */
async function value<T>(text: string, values: unknown[] = []): Promise<T> {
  const { rows } = await food.query<Record<string, T>>(text, values);
  expect(rows).toHaveLength(1);
  return Object.values(rows[0] ?? {})[0] as T;
}

async function order(lines: [food: string, quantity: number, price: number][]): Promise<string> {
  const id = await value<string>(
    `INSERT INTO orders (customer_id, currency, placed_at)
     VALUES (gen_random_uuid(), 'USD', '2026-03-04 18:30:00+00') RETURNING id`,
  );
  for (const [index, line] of lines.entries()) {
    await food.query(
      'INSERT INTO order_line (order_id, line, food, quantity, unit_price) VALUES ($1, $2, $3, $4, $5)',
      [id, index + 1, ...line],
    );
  }
  return id;
}

async function pay(client: pg.Client, orderId: string, kind: string, amount: number, key: string) {
  await client.query(
    `INSERT INTO payment (order_id, kind, status, amount, idempotency_key, provider, provider_reference, ended_at)
     VALUES ($1, $2, 'succeeded', $3, $4, 'a bank', $4, now())`,
    [orderId, kind, amount, key],
  );
}

beforeAll(async () => {
  server = await ownPostgres();
  const superuser = await server.connect('postgres');
  // Installing an extension takes a superuser here; on Aurora, rds_superuser.
  await superuser.query('CREATE ROLE rds_iam; CREATE ROLE administrator LOGIN SUPERUSER');
  await superuser.query('CREATE DATABASE food');
  await superuser.end();
  const inFood = await server.connect('food');
  await inFood.query(await readFile(MODELS, 'utf8'));
  await inFood.query('CREATE ROLE food_owner; ALTER DATABASE food OWNER TO food_owner');
  await inFood.end();
  await setUpDatabases({ connect: (database) => server.connect(database, 'administrator'), models: true });
  food = await server.connect('food', 'storage_food');
  second = await server.connect('food', 'storage_food');
});
afterAll(async () => {
  await food.end();
  await second.end();
  await server.stop();
});

describe('orders and payments', () => {
  it('know what an order comes to and what is owed', async () => {
    const id = await order([
      ['soup', 2, 450],
      ['bread', 1, 120],
    ]);
    await pay(food, id, 'charge', 1000, 'a-1');
    const { rows } = await food.query(
      'SELECT currency, total, paid, owed FROM order_balance WHERE order_id = $1',
      [id],
    );
    expect(rows).toEqual([{ currency: 'USD', total: 1020n, paid: 1000n, owed: 20n }]);
  });

  it('pay nothing twice for one idempotency key', async () => {
    const id = await order([['soup', 1, 450]]);
    await pay(food, id, 'charge', 450, 'b-1');
    await expect(pay(food, id, 'charge', 450, 'b-1')).rejects.toThrow('payment_idempotency_key_key');
  });

  it('give back no more than was paid, nor when two refunds come at once', async () => {
    const id = await order([['soup', 1, 450]]);
    await pay(food, id, 'charge', 450, 'c-1');
    await expect(pay(food, id, 'refund', 451, 'c-2')).rejects.toThrow(
      `a refund of 451 for the order ${id}: 450 was paid and 0 is given back already`,
    );
    await food.query('BEGIN');
    await pay(food, id, 'refund', 300, 'c-3');
    const late = pay(second, id, 'refund', 300, 'c-4').then(
      () => 'paid',
      (error: Error) => error.message,
    );
    // The second waits for the first's lock, which shows in the server's own list of locks.
    await expect.poll(() => value<string>('SELECT count(*)::text FROM pg_locks WHERE NOT granted')).toBe('1');
    await food.query('COMMIT');
    expect(await late).toContain('450 was paid and 300 is given back already');
  });

  it.each([
    ['a delivered order without a time', `UPDATE orders SET status = 'delivered'`],
    ['a currency in small letters', `UPDATE orders SET currency = 'usd'`],
    ['a line of nothing', 'UPDATE order_line SET quantity = 0'],
    ['a success that nobody confirmed', 'UPDATE payment SET provider_reference = NULL'],
    ['a failure without a reason', `UPDATE payment SET status = 'failed'`],
  ])('refuse %s', async (_, statement) => {
    await expect(food.query(statement)).rejects.toThrow('violates check constraint');
  });
});

describe('food metadata', () => {
  const put = (sequencer: string, document: object | null, key = 'soup.json') =>
    value<boolean>(`SELECT put_food_metadata('food', $1, $2, 'etag', $3)`, [key, sequencer, document]);
  const name = (key = 'soup.json') =>
    value<string | null>(`SELECT name FROM food_metadata WHERE key = $1`, [key]);

  beforeEach(async () => {
    await food.query('DELETE FROM food_metadata');
  });

  it('follow the newest change, whatever comes last', async () => {
    expect(await put('0002', { id: 'soup', name: 'Soup' })).toBe(true);
    expect(await put('0001', { id: 'soup', name: 'Old soup' })).toBe(false);
    expect(await put('0002', { id: 'soup', name: 'Twice' })).toBe(false);
    expect(await name()).toBe('Soup');
    expect(await put('0003', { id: 'soup', name: 'New soup' })).toBe(true);
    expect(await name()).toBe('New soup');
  });

  it('do not come back after they were deleted', async () => {
    await put('0002', { id: 'soup', name: 'Soup' });
    expect(await put('0004', null)).toBe(true);
    expect(await put('0003', { id: 'soup', name: 'Late soup' })).toBe(false);
    expect(await name()).toBeNull();
  });

  it('are read from their document, in words', async () => {
    await put('1', { id: 'soup', name: 'Soup', description: 'Hot', ingredients: ['Water', 'Milk'] });
    expect(await value('SELECT food_in_words($1)', ['soup'])).toBe('Soup. Hot. Ingredients: Water, Milk');
    await put('1', { id: 'air', name: 'Air', ingredients: 'none' }, 'air.json');
    expect(await value('SELECT food_in_words($1)', ['air'])).toBe('Air');
  });
});

describe('predictions', () => {
  beforeEach(async () => {
    await food.query('DELETE FROM prediction');
    await food.query('DELETE FROM food_metadata');
    await food.query(`DELETE FROM model WHERE name = 'delivery-minutes'`);
  });
  const cook = (document: object) =>
    food.query(`SELECT put_food_metadata('food', 'soup.json', '1', 'etag', $1)`, [document]);

  it('ask SageMaker with the features in the order that the model knows', async () => {
    await food.query(
      `INSERT INTO model (name, service, address) VALUES ('delivery-minutes', 'sagemaker', 'dev-delivery')`,
    );
    const id = await order([['soup', 2, 450]]);
    const { rows } = await food.query('SELECT * FROM delivery_features($1)', [id]);
    expect(rows).toEqual([{ hour: 18, weekday: 3, items: 2, total: 900 }]);
    // The fixture adds them up.
    expect(await value('SELECT predict_delivery_minutes($1)', [id])).toBe(18 + 3 + 2 + 900);
    await value('SELECT keep_delivery_prediction($1)', [id]);
    expect((await food.query('SELECT model, subject, value, address FROM latest_prediction')).rows).toEqual([
      { model: 'delivery-minutes', subject: id, value: 923, address: 'dev-delivery' },
    ]);
  });

  it('say which question no model answers', async () => {
    const id = await order([['soup', 1, 450]]);
    await expect(food.query('SELECT predict_delivery_minutes($1)', [id])).rejects.toThrow(
      'no model answers "delivery-minutes"',
    );
  });

  it('ask Bedrock for a vector and for allergens, and keep the latest answer', async () => {
    await cook({ id: 'soup', name: 'Soup', ingredients: ['Milk'] });
    expect(await value('SELECT embed_food($1)', ['soup'])).toEqual(['Soup. Ingredients: Milk'.length, 0.5]);
    expect(await value('SELECT guess_allergens($1)', ['soup'])).toEqual(['milk']);
    await value('SELECT keep_allergens($1)', ['soup']);
    await food.query(`UPDATE prediction SET value = '["stale"]'`);
    await value('SELECT keep_allergens($1)', ['soup']);
    await value('SELECT keep_food_embedding($1)', ['soup']);
    expect((await food.query('SELECT model, value FROM latest_prediction ORDER BY model')).rows).toEqual([
      { model: 'food-allergens', value: ['milk'] },
      { model: 'food-embedding', value: [23, 0.5] },
    ]);
  });

  it('answer nothing about a food or an order that is not there, and keep nothing', async () => {
    expect(await value('SELECT embed_food($1)', ['nothing'])).toBeNull();
    expect(await value('SELECT guess_allergens($1)', ['nothing'])).toBeNull();
    expect(await value('SELECT keep_food_embedding($1)', ['nothing'])).toBeNull();
    expect(await value('SELECT predict_delivery_minutes(gen_random_uuid())')).toBeNull();
    expect(await value<bigint>('SELECT count(*) FROM prediction')).toBe(0n);
  });

  it('refuse an answer that is chatter', async () => {
    await cook({ id: 'soup', name: 'Chatter' });
    await expect(food.query('SELECT keep_allergens($1)', ['soup'])).rejects.toThrow(
      'invalid input syntax for type json',
    );
  });
});
