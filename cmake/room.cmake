# SPDX-License-Identifier: LGPL-2.1-or-later
# A room is a folder: one static library, one namespace, one test folder.
# Every .cc in the folder belongs to it, so a new file needs no edit here.
#
#   lungate_room(NAME FOLDER ROOMS <rooms it may include> LIBRARIES <foreign libraries it names>)
#
# tests/style/include_table.py holds the same table against the #include lines.
function(lungate_room name folder)
  cmake_parse_arguments(ARG "" "" "ROOMS;LIBRARIES" ${ARGN})
  set(dir ${CMAKE_CURRENT_SOURCE_DIR}/${folder})
  file(GLOB sources CONFIGURE_DEPENDS ${dir}/*.cc)
  file(GLOB headers CONFIGURE_DEPENDS ${dir}/*.h)
  set(scope PUBLIC)
  if(sources)
    add_library(lungate_${name} STATIC ${sources})
    target_link_libraries(lungate_${name} PRIVATE lungate_flags)
  else()
    set(scope INTERFACE)
    add_library(lungate_${name} INTERFACE)
  endif()
  target_include_directories(lungate_${name} ${scope} ${PROJECT_SOURCE_DIR}/target)
  foreach(room IN LISTS ARG_ROOMS)
    target_link_libraries(lungate_${name} ${scope} lungate_${room})
  endforeach()
  target_link_libraries(lungate_${name} ${scope} ${ARG_LIBRARIES})
  set_property(GLOBAL APPEND PROPERTY LUNGATE_HEADERS ${headers})
endfunction()

# Unit tests of one room: tests/unit/<room>/*_test.cc become one executable, <room>_test.
function(lungate_unit_tests name)
  cmake_parse_arguments(ARG "" "" "ROOMS;LIBRARIES;LABELS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.cc)
  if(NOT sources)
    return()
  endif()
  string(REPLACE "/" "_" test ${name}_test)
  add_executable(${test} ${sources})
  target_link_libraries(${test} PRIVATE lungate_flags GTest::gmock GTest::gtest_main)
  target_include_directories(${test} PRIVATE ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/target)
  foreach(room IN LISTS ARG_ROOMS)
    target_link_libraries(${test} PRIVATE lungate_${room})
  endforeach()
  target_link_libraries(${test} PRIVATE ${ARG_LIBRARIES})
  gtest_discover_tests(${test} DISCOVERY_TIMEOUT 60
    PROPERTIES LABELS "unit;${ARG_LABELS}" TIMEOUT 60)
endfunction()
