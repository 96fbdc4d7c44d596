-- Payments: what was asked of a payment provider for an order, and what came of it. No card data, ever.
CREATE TABLE payment (
  id              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  order_id        uuid NOT NULL REFERENCES orders,
  kind            text NOT NULL CHECK (kind IN ('charge', 'refund')),
  status          text NOT NULL DEFAULT 'requested' CHECK (status IN ('requested', 'succeeded', 'failed')),
  -- In the smallest unit of the order's currency.
  amount          bigint NOT NULL CHECK (amount > 0),
  -- Given by whoever asks: asking again with the same one finds the first, and pays nothing twice.
  idempotency_key text NOT NULL UNIQUE,
  provider        text NOT NULL,
  provider_reference text,
  failure         text,
  requested_at    timestamptz NOT NULL DEFAULT now(),
  ended_at        timestamptz,
  UNIQUE (provider, provider_reference),
  CHECK ((status = 'requested') = (ended_at IS NULL)),
  CHECK (status <> 'succeeded' OR provider_reference IS NOT NULL),
  CHECK ((status = 'failed') = (failure IS NOT NULL))
);
CREATE INDEX payment_order ON payment (order_id);
CREATE INDEX payment_open ON payment (requested_at) WHERE status = 'requested';

-- More is never given back than was paid. The order's row is locked, so that two refunds at once are counted
-- one after the other.
CREATE FUNCTION refuse_excessive_refund() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  paid     bigint;
  returned bigint;
BEGIN
  IF NEW.kind <> 'refund' OR NEW.status = 'failed' THEN
    RETURN NEW;
  END IF;
  PERFORM FROM orders WHERE id = NEW.order_id FOR UPDATE;
  SELECT coalesce(sum(amount) FILTER (WHERE kind = 'charge' AND status = 'succeeded'), 0),
         coalesce(sum(amount) FILTER (WHERE kind = 'refund' AND status <> 'failed' AND id <> NEW.id), 0)
    INTO paid, returned FROM payment WHERE order_id = NEW.order_id;
  IF returned + NEW.amount > paid THEN
    RAISE EXCEPTION 'a refund of % for the order %: % was paid and % is given back already',
      NEW.amount, NEW.order_id, paid, returned USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER payment_refund BEFORE INSERT OR UPDATE ON payment
  FOR EACH ROW EXECUTE FUNCTION refuse_excessive_refund();

-- Every order with what was paid for it and what is still owed.
CREATE VIEW order_balance AS
  SELECT t.order_id, t.currency, t.total, paid.amount AS paid, t.total - paid.amount AS owed
  FROM order_total t,
       LATERAL (SELECT coalesce(sum(CASE p.kind WHEN 'charge' THEN p.amount ELSE -p.amount END), 0)::bigint AS amount
                FROM payment p WHERE p.order_id = t.order_id AND p.status = 'succeeded') paid;
