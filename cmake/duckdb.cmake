# Defines inlet::duckdb: the DuckDB that `./dev setup` fetched into .deps, or the system's with INLET_SYSTEM_DUCKDB.
# inlet_bundle_duckdb(target) puts the library beside an executable, so that the build folder can be moved as a whole.

add_library(inlet::duckdb SHARED IMPORTED GLOBAL)
if(INLET_SYSTEM_DUCKDB)
  find_library(DUCKDB_LIBRARY duckdb REQUIRED)
  find_path(DUCKDB_INCLUDE_DIR duckdb.h REQUIRED)
else()
  file(STRINGS ${CMAKE_SOURCE_DIR}/tools/duckdb-npm.txt duckdb_version REGEX "^version ")
  string(REPLACE "version " "" duckdb_version "${duckdb_version}")
  set(duckdb_dir ${CMAKE_SOURCE_DIR}/.deps/duckdb-${duckdb_version})
  set(DUCKDB_LIBRARY ${duckdb_dir}/lib/libduckdb.so)
  set(DUCKDB_INCLUDE_DIR ${duckdb_dir}/include)
  if(NOT EXISTS ${duckdb_dir}/pins.txt)
    message(FATAL_ERROR "DuckDB ${duckdb_version} is not in .deps. Run ./dev setup, or configure with -DINLET_SYSTEM_DUCKDB=ON.")
  endif()
endif()
set_target_properties(inlet::duckdb PROPERTIES IMPORTED_LOCATION ${DUCKDB_LIBRARY})
target_include_directories(inlet::duckdb SYSTEM INTERFACE ${DUCKDB_INCLUDE_DIR})

function(inlet_bundle_duckdb target)
  if(INLET_SYSTEM_DUCKDB)
    return()
  endif()
  set_target_properties(${target} PROPERTIES BUILD_WITH_INSTALL_RPATH ON INSTALL_RPATH "$ORIGIN/lib")
  add_custom_command(TARGET ${target} POST_BUILD
    COMMAND ${CMAKE_COMMAND} -E make_directory $<TARGET_FILE_DIR:${target}>/lib
    COMMAND ${CMAKE_COMMAND} -E copy_if_different ${DUCKDB_LIBRARY} $<TARGET_FILE_DIR:${target}>/lib
    VERBATIM)
endfunction()
