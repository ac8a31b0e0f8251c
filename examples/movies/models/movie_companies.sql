-- Which movie was made by which companies; a company that a movie names twice counts once.
WITH mentions AS (
    SELECT id AS movie_id, unnest(from_json(production_companies, '[{"id": "BIGINT"}]')) AS company
    FROM movies_raw
)
SELECT DISTINCT movie_id, company.id AS company_id
FROM mentions
WHERE company.id IS NOT NULL
