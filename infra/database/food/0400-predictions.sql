-- Which model answers which question. A row decides, not the code: another endpoint is a change of data.
CREATE TABLE model (
  name       text PRIMARY KEY,                     -- the question: delivery-minutes, food-embedding, …
  service    text NOT NULL CHECK (service IN ('sagemaker', 'bedrock')),
  -- The name of a SageMaker endpoint, or the id of a model of Bedrock. The database's roles allow which.
  address    text NOT NULL,
  changed_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO model (name, service, address) VALUES
  ('food-embedding', 'bedrock', 'amazon.titan-embed-text-v2:0'),
  ('food-allergens', 'bedrock', 'amazon.nova-lite-v1:0');

-- What models said. Kept with the model's address: an answer of another model is not comparable.
CREATE TABLE prediction (
  id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  model    text NOT NULL REFERENCES model,
  address  text NOT NULL,
  -- What it is about: an order's id, or the food's.
  subject  text NOT NULL,
  value    jsonb NOT NULL,
  made_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX prediction_latest ON prediction (model, subject, made_at DESC, id DESC);

CREATE VIEW latest_prediction AS
  SELECT DISTINCT ON (model, subject) model, subject, value, address, made_at
  FROM prediction ORDER BY model, subject, made_at DESC, id DESC;

-- The address that answers a question. Raises where no model does.
CREATE FUNCTION model_address(question text) RETURNS text LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
  found text;
BEGIN
  SELECT address INTO found FROM model WHERE name = question;
  IF found IS NULL THEN
    RAISE EXCEPTION 'no model answers "%": INSERT INTO model (name, service, address) …', question
      USING ERRCODE = 'no_data_found';
  END IF;
  RETURN found;
END
$$;

CREATE FUNCTION record_prediction(question text, about text, answer jsonb) RETURNS bigint LANGUAGE sql AS $$
  INSERT INTO prediction (model, address, subject, value)
  VALUES (question, model_address(question), about, answer) RETURNING id
$$;

-- What the model of delivery times was trained on, in this order. No row for an order that is not there.
CREATE FUNCTION delivery_features(of_order uuid)
RETURNS TABLE (hour double precision, weekday double precision, items double precision, total double precision)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT extract(hour FROM o.placed_at AT TIME ZONE 'UTC')::double precision,
         extract(isodow FROM o.placed_at AT TIME ZONE 'UTC')::double precision,
         t.items::double precision, t.total::double precision
  FROM orders o JOIN order_total t ON t.order_id = o.id
  WHERE o.id = of_order
$$;

-- A food in words, for models of language. Null where there is no such food.
CREATE FUNCTION food_in_words(of_food text) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT concat_ws('. ', name, description,
                   'Ingredients: ' || nullif((SELECT string_agg(value, ', ')
                                              FROM jsonb_array_elements_text(
                                                CASE jsonb_typeof(document -> 'ingredients')
                                                  WHEN 'array' THEN document -> 'ingredients' ELSE '[]' END)), ''))
  FROM food_metadata
  WHERE food = of_food AND document IS NOT NULL
  ORDER BY changed_at DESC LIMIT 1
$$;
