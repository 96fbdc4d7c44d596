-- Lets SQL ask models. Only on Aurora, which alone has the extension; applied in the food database as the
-- administrator, since rds_superuser alone may install it, as often as one likes.
-- https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/postgresql-ml.html
CREATE EXTENSION IF NOT EXISTS aws_ml CASCADE;

GRANT USAGE ON SCHEMA aws_sagemaker, aws_bedrock TO food_owner, storage_food;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA aws_sagemaker, aws_bedrock TO food_owner, storage_food;
