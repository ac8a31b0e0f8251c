-- A row for each collection (a series such as all films of one hero) that a movie belongs to; its movies
-- are those with this collection_id. Where one id is described in several ways, the description
-- given most often holds; of equally frequent ones, the first in the order of name and paths.
WITH mentions AS (
    SELECT from_json(
        belongs_to_collection,
        '{"id": "BIGINT", "name": "VARCHAR", "poster_path": "VARCHAR", "backdrop_path": "VARCHAR"}'
    ) AS collection
    FROM movies_raw
),
descriptions AS (
    SELECT
        collection.id AS id,
        collection.name AS name,
        collection.poster_path AS poster_path,
        collection.backdrop_path AS backdrop_path,
        count(*) AS mentioned
    FROM mentions
    WHERE collection.id IS NOT NULL
    GROUP BY ALL
)
SELECT id, name, poster_path, backdrop_path
FROM descriptions
QUALIFY row_number() OVER (
    PARTITION BY id
    ORDER BY mentioned DESC, name NULLS LAST, poster_path NULLS LAST, backdrop_path NULLS LAST
) = 1
