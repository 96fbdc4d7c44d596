-- Orders. Amounts are in the smallest unit of their currency (cents), so that sums are exact.
CREATE TABLE orders (
  id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  customer_id uuid NOT NULL,
  placed_at   timestamptz NOT NULL DEFAULT now(),
  status      text NOT NULL DEFAULT 'placed'
              CHECK (status IN ('placed', 'accepted', 'prepared', 'delivered', 'cancelled')),
  currency    text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  delivered_at timestamptz,
  CHECK ((status = 'delivered') = (delivered_at IS NOT NULL))
);
CREATE INDEX orders_customer ON orders (customer_id, placed_at);
CREATE INDEX orders_open ON orders (placed_at) WHERE status NOT IN ('delivered', 'cancelled');

CREATE TABLE order_line (
  order_id  uuid NOT NULL REFERENCES orders ON DELETE CASCADE,
  line      integer NOT NULL CHECK (line > 0),
  -- What was ordered, as the food's metadata names it. It may be gone from the menu since.
  food      text NOT NULL,
  quantity  integer NOT NULL CHECK (quantity > 0),
  -- As agreed when it was ordered.
  unit_price bigint NOT NULL CHECK (unit_price >= 0),
  PRIMARY KEY (order_id, line)
);
CREATE INDEX order_line_food ON order_line (food);

-- Every order with what it comes to.
CREATE VIEW order_total AS
  SELECT o.id AS order_id, o.currency,
         coalesce(sum(l.quantity), 0)::bigint AS items,
         coalesce(sum(l.quantity * l.unit_price), 0)::bigint AS total
  FROM orders o LEFT JOIN order_line l ON l.order_id = o.id
  GROUP BY o.id;
