-- Each year of release: how many movies, what they cost and brought in, and how popular they are on average.
SELECT
    release_year AS year,
    count(*) AS releases,
    CAST(sum(budget) AS BIGINT) AS budget,
    CAST(sum(revenue) AS BIGINT) AS revenue,
    CAST(sum(profit) AS BIGINT) AS profit,
    round(avg(popularity), 3) AS popularity
FROM movies
WHERE release_year IS NOT NULL
GROUP BY release_year
