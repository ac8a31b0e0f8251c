-- Each genre over all years. A movie counts in full for every genre it has; releases are movies
-- with a known release date, and popularity is the average over the genre's movies.
SELECT
    genres.id AS genre_id,
    genres.name AS genre,
    count(movies.release_date) AS releases,
    CAST(sum(movies.budget) AS BIGINT) AS budget,
    CAST(sum(movies.revenue) AS BIGINT) AS revenue,
    CAST(sum(movies.profit) AS BIGINT) AS profit,
    round(avg(movies.popularity), 3) AS popularity
FROM genres
JOIN movie_genres ON movie_genres.genre_id = genres.id
JOIN movies ON movies.id = movie_genres.movie_id
GROUP BY genres.id, genres.name
