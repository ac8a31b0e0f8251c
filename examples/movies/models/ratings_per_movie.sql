-- What the audience thinks of each movie. movie_id is MovieLens's number, which is not movies.id (that is
-- TMDB's): a third file, not part of this delivery, links the two. The sum is taken in decimals, so that
-- the average does not depend on the order in which rows are added up. Times are seconds since 1970.
SELECT
    movieId AS movie_id,
    count(rating) AS ratings,
    CAST(sum(CAST(rating AS DECIMAL(9, 6))) / count(rating) AS DOUBLE) AS average,
    min(rating) AS lowest,
    max(rating) AS highest,
    min("timestamp") AS first_rated,
    max("timestamp") AS last_rated
FROM ratings
GROUP BY movieId
