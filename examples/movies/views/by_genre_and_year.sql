-- Each genre year by year, counted as in by_genre.
SELECT
    genres.id AS genre_id,
    genres.name AS genre,
    movies.release_year AS year,
    count(*) AS releases,
    CAST(sum(movies.budget) AS BIGINT) AS budget,
    CAST(sum(movies.revenue) AS BIGINT) AS revenue,
    CAST(sum(movies.profit) AS BIGINT) AS profit,
    round(avg(movies.popularity), 3) AS popularity
FROM genres
JOIN movie_genres ON movie_genres.genre_id = genres.id
JOIN movies ON movies.id = movie_genres.movie_id
WHERE movies.release_year IS NOT NULL
GROUP BY genres.id, genres.name, movies.release_year
