-- In place of Aurora's extension: functions with its names and parameters that say what they were asked.
-- Read from https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/postgresql-ml.html
-- The real invoke_endpoint takes VARIADIC "any", which only a function written in C can.
CREATE SCHEMA aws_sagemaker;
CREATE SCHEMA aws_bedrock;
REVOKE ALL ON SCHEMA aws_sagemaker, aws_bedrock FROM PUBLIC;

CREATE FUNCTION aws_sagemaker.invoke_endpoint(
  endpoint_name character varying, max_rows_per_batch integer, VARIADIC model_input anyarray, OUT model_output character varying
) LANGUAGE sql STABLE PARALLEL SAFE AS $$
  -- A model that adds its features up, if it is the right one.
  SELECT CASE endpoint_name WHEN 'dev-delivery' THEN (SELECT sum(f::text::double precision) FROM unnest(model_input) f)::text END
$$;

CREATE FUNCTION aws_bedrock.invoke_model(
  model_id character varying, content_type text, accept_type text, model_input text, OUT model_output character varying
) LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object('output', jsonb_build_object('message', jsonb_build_object('content', jsonb_build_array(
    jsonb_build_object('text', CASE
      WHEN model_input::jsonb #>> '{messages,0,content,0,text}' LIKE '%Milk%' THEN '["milk"]'
      WHEN model_input::jsonb #>> '{messages,0,content,0,text}' LIKE '%Chatter%' THEN 'Sure! Here are the allergens:'
      ELSE '[]' END)))))::text
  WHERE content_type = 'application/json' AND accept_type = 'application/json' AND model_id = 'amazon.nova-lite-v1:0'
$$;

CREATE FUNCTION aws_bedrock.invoke_model_get_embeddings(
  model_id character varying, content_type text, json_key text, model_input text, OUT model_output double precision[]
) LANGUAGE sql STABLE AS $$
  SELECT ARRAY[length(model_input::jsonb ->> 'inputText')::double precision, 0.5]
  WHERE content_type = 'application/json' AND json_key = 'embedding' AND model_id = 'amazon.titan-embed-text-v2:0'
$$;
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA aws_sagemaker, aws_bedrock FROM PUBLIC;

-- The extension counts as installed, so that the file for Aurora applies as it is.
INSERT INTO pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)
SELECT 60001, 'aws_ml', 10, 'pg_catalog'::regnamespace, false, '2.0';
