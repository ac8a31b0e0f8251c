-- Which movie has which genres; a genre that a movie names twice counts once.
WITH mentions AS (
    SELECT id AS movie_id, unnest(from_json(genres, '[{"id": "BIGINT"}]')) AS genre
    FROM movies_raw
)
SELECT DISTINCT movie_id, genre.id AS genre_id
FROM mentions
WHERE genre.id IS NOT NULL
