-- A row for each movie. The source writes 0 where it does not know a budget, a revenue or a running
-- time; here that is NULL, so that sums and averages mean what they say. The profit of a movie is known
-- only if its budget and its revenue are.
SELECT
    id,
    imdb_id,
    coalesce(title, original_title) AS title,
    original_title,
    original_language,
    status,
    release_date,
    year(release_date) AS release_year,
    nullif(runtime, 0) AS runtime,
    nullif(budget, 0) AS budget,
    nullif(revenue, 0) AS revenue,
    nullif(revenue, 0) - nullif(budget, 0) AS profit,
    popularity,
    vote_average,
    vote_count,
    TRY_CAST(json_extract_string(belongs_to_collection, '$.id') AS BIGINT) AS collection_id,
    adult,
    video,
    homepage,
    poster_path,
    tagline,
    overview
FROM movies_raw
