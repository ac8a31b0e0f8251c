# The tests of the house itself: floors, generated files, layout. They need no build, only the sources.

function(inlet_house_test name)
  add_test(NAME house.${name} COMMAND ${ARGN} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(house.${name} PROPERTIES LABELS tidy)
endfunction()

inlet_house_test(tidy ${Python3_EXECUTABLE} tools/tidy.py)
inlet_house_test(tidy_test ${Python3_EXECUTABLE} tools/tidy_test.py)
inlet_house_test(failures ${Python3_EXECUTABLE} tools/gen_failures.py check)
inlet_house_test(failures_test ${Python3_EXECUTABLE} tools/gen_failures_test.py)
inlet_house_test(format tools/format.sh)
