-- Each company over all years. A movie counts in full for every company that made it; releases are movies
-- with a known release date, and popularity is the average over the company's movies.
SELECT
    companies.id AS company_id,
    companies.name AS company,
    count(movies.release_date) AS releases,
    CAST(sum(movies.budget) AS BIGINT) AS budget,
    CAST(sum(movies.revenue) AS BIGINT) AS revenue,
    CAST(sum(movies.profit) AS BIGINT) AS profit,
    round(avg(movies.popularity), 3) AS popularity
FROM companies
JOIN movie_companies ON movie_companies.company_id = companies.id
JOIN movies ON movies.id = movie_companies.movie_id
GROUP BY companies.id, companies.name
