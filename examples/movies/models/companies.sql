-- A row for each production company that a movie names. Where one id comes with several names, the name
-- given most often holds; of equally frequent ones, the first in the alphabet.
WITH mentions AS (
    SELECT unnest(from_json(production_companies, '[{"id": "BIGINT", "name": "VARCHAR"}]')) AS company
    FROM movies_raw
),
names AS (
    SELECT company.id AS id, company.name AS name, count(*) AS mentioned
    FROM mentions
    WHERE company.id IS NOT NULL
    GROUP BY ALL
)
SELECT id, name
FROM names
QUALIFY row_number() OVER (PARTITION BY id ORDER BY mentioned DESC, name NULLS LAST) = 1
