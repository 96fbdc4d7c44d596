-- Predictions as functions of SQL, over Aurora's extension aws_ml: nothing here works without it. STABLE and
-- dear, as AWS advises, so that a query over many rows asks in batches and a plan asks late.
-- https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/postgresql-ml.html

-- How many minutes an order will take, by the endpoint of the model delivery-minutes. Null: no such order.
CREATE FUNCTION predict_delivery_minutes(of_order uuid) RETURNS double precision
LANGUAGE sql STABLE PARALLEL SAFE COST 5000 AS $$
  SELECT aws_sagemaker.invoke_endpoint(
           model_address('delivery-minutes'), NULL, f.hour, f.weekday, f.items, f.total)::double precision
  FROM delivery_features(of_order) f
$$;

-- A food as a vector, for likeness. Null: no such food.
CREATE FUNCTION embed_food(of_food text) RETURNS double precision[]
LANGUAGE sql STABLE PARALLEL SAFE COST 5000 AS $$
  SELECT aws_bedrock.invoke_model_get_embeddings(
           model_id     := model_address('food-embedding'),
           content_type := 'application/json',
           json_key     := 'embedding',
           model_input  := jsonb_build_object('inputText', words)::text)
  FROM food_in_words(of_food) words WHERE words IS NOT NULL
$$;

-- The allergens that a model of language finds in a food; a hint for people, no promise. Null: no such food.
-- Raises where the answer is no JSON array, as a model's answers may be.
CREATE FUNCTION guess_allergens(of_food text) RETURNS text[]
LANGUAGE sql STABLE PARALLEL SAFE COST 5000 AS $$
  SELECT ARRAY(
    SELECT jsonb_array_elements_text(
      (aws_bedrock.invoke_model(
         model_id     := model_address('food-allergens'),
         content_type := 'application/json',
         accept_type  := 'application/json',
         model_input  := jsonb_build_object(
           'messages', jsonb_build_array(jsonb_build_object('role', 'user', 'content', jsonb_build_array(
             jsonb_build_object('text',
               'Answer with a JSON array of strings and nothing else: the allergens in this food. ' || words)))),
           'inferenceConfig', jsonb_build_object('maxTokens', 200, 'temperature', 0))::text
       )::jsonb #>> '{output,message,content,0,text}')::jsonb))
  FROM food_in_words(of_food) words WHERE words IS NOT NULL
$$;

-- Asks, and keeps the answer. Returns the prediction's id; null where there is nothing to ask about.
CREATE FUNCTION keep_delivery_prediction(of_order uuid) RETURNS bigint LANGUAGE sql AS $$
  SELECT record_prediction('delivery-minutes', of_order::text, to_jsonb(minutes))
  FROM predict_delivery_minutes(of_order) minutes WHERE minutes IS NOT NULL
$$;
CREATE FUNCTION keep_food_embedding(of_food text) RETURNS bigint LANGUAGE sql AS $$
  SELECT record_prediction('food-embedding', of_food, to_jsonb(embedding))
  FROM embed_food(of_food) embedding WHERE embedding IS NOT NULL
$$;
CREATE FUNCTION keep_allergens(of_food text) RETURNS bigint LANGUAGE sql AS $$
  SELECT record_prediction('food-allergens', of_food, to_jsonb(allergens))
  FROM guess_allergens(of_food) allergens WHERE allergens IS NOT NULL
$$;
