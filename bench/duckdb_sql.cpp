// The peer: runs SQL statements in DuckDB and prints the seconds each took. duckdb_sql DATABASE THREADS STATEMENT...
#include <chrono>
#include <cstdio>
#include <string>

#include <duckdb.h>

int main(int argc, char** argv) {
    if (argc < 4) {
        std::fprintf(stderr, "usage: duckdb_sql DATABASE THREADS STATEMENT...\n");
        return 2;
    }
    duckdb_config config = nullptr;
    duckdb_create_config(&config);
    duckdb_set_config(config, "threads", argv[2]);
    duckdb_set_config(config, "preserve_insertion_order", "false");
    duckdb_database database = nullptr;
    char* error = nullptr;
    if (duckdb_open_ext(argv[1], &database, config, &error) == DuckDBError) {
        std::fprintf(stderr, "%s\n", error);
        return 1;
    }
    duckdb_connection connection = nullptr;
    duckdb_connect(database, &connection);
    for (int i = 3; i < argc; ++i) {
        const auto start = std::chrono::steady_clock::now();
        duckdb_result result;
        if (duckdb_query(connection, argv[i], &result) == DuckDBError) {
            std::fprintf(stderr, "%s\n", duckdb_result_error(&result));
            return 1;
        }
        const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
        std::string value;
        if (duckdb_row_count(&result) > 0 && duckdb_column_count(&result) > 0) {
            char* text = duckdb_value_varchar(&result, 0, 0);
            if (text != nullptr) value = text;
            duckdb_free(text);
        }
        std::printf("%.6f\t%s\n", seconds, value.c_str());
        std::fflush(stdout);
        duckdb_destroy_result(&result);
    }
    duckdb_disconnect(&connection);
    duckdb_close(&database);
    duckdb_destroy_config(&config);
    return 0;
}
