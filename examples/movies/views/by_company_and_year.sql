-- Each company year by year, counted as in by_company.
SELECT
    companies.id AS company_id,
    companies.name AS company,
    movies.release_year AS year,
    count(*) AS releases,
    CAST(sum(movies.budget) AS BIGINT) AS budget,
    CAST(sum(movies.revenue) AS BIGINT) AS revenue,
    CAST(sum(movies.profit) AS BIGINT) AS profit,
    round(avg(movies.popularity), 3) AS popularity
FROM companies
JOIN movie_companies ON movie_companies.company_id = companies.id
JOIN movies ON movies.id = movie_companies.movie_id
WHERE movies.release_year IS NOT NULL
GROUP BY companies.id, companies.name, movies.release_year
