# SPDX-License-Identifier: LGPL-2.1-or-later
# How a test asks for the lab. The scripts behind it: tests/lab/README.md.
#
#   lungate_needs_ceph(TEST...)   these tests (made by add_test) get the run's one-node cluster:
#                                 it is up before them, and $LUNGATE_TEST_CEPH_CONF names its file
#   ${LUNGATE_CEPH_PROPERTIES}    the same, as properties for gtest_discover_tests
include_guard(GLOBAL)
set(LUNGATE_LAB ${CMAKE_CURRENT_LIST_DIR})
set(LUNGATE_LAB_CEPH ${CMAKE_BINARY_DIR}/lab/ceph)
set(LUNGATE_CEPH_PROPERTIES
  FIXTURES_REQUIRED lab.ceph
  ENVIRONMENT LUNGATE_TEST_CEPH_CONF=${LUNGATE_LAB_CEPH}/ceph.conf)

function(lungate_needs_ceph)
  foreach(test IN LISTS ARGV)
    set_property(TEST ${test} APPEND PROPERTY FIXTURES_REQUIRED lab.ceph)
    set_property(TEST ${test} APPEND PROPERTY ENVIRONMENT
      LUNGATE_TEST_CEPH_CONF=${LUNGATE_LAB_CEPH}/ceph.conf)
    set_property(TEST ${test} APPEND PROPERTY LABELS ceph)
  endforeach()
endfunction()
