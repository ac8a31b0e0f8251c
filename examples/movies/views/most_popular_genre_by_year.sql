-- The genre of each year whose releases drew the most attention together. The sum decides and not the
-- average, or the only Western of a year would win it; of equal ones, the first in the alphabet.
WITH genre_years AS (
    SELECT
        movies.release_year AS year,
        genres.id AS genre_id,
        genres.name AS genre,
        count(*) AS releases,
        round(sum(movies.popularity), 3) AS popularity
    FROM movies
    JOIN movie_genres ON movie_genres.movie_id = movies.id
    JOIN genres ON genres.id = movie_genres.genre_id
    WHERE movies.release_year IS NOT NULL
    GROUP BY movies.release_year, genres.id, genres.name
)
SELECT year, genre_id, genre, releases, popularity
FROM genre_years
QUALIFY row_number() OVER (PARTITION BY year ORDER BY popularity DESC NULLS LAST, genre NULLS LAST, genre_id) = 1
