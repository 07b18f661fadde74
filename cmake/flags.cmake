# SPDX-License-Identifier: LGPL-2.1-or-later
# One interface target carries every flag of our own code; foreign headers come in as SYSTEM.
add_library(lungate_flags INTERFACE)
target_compile_options(lungate_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror -fno-omit-frame-pointer)

# -O2, not CMake's -O3: g++ 12 warns at -O3 of faults in the standard library that are none (its
# PR 105651).
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")

# Under a sanitizer most of a build is its checks, optimised: -O1 takes three fifths of -O2's time,
# and lines are all that a report needs to name a place.
if(LUNGATE_SANITIZE)
  set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O1 -g1 -DNDEBUG")
endif()

# Where mistakes are looked for, the standard library's own preconditions count as well.
if(LUNGATE_SANITIZE OR LUNGATE_FUZZ)
  add_compile_definitions(_GLIBCXX_ASSERTIONS)
endif()
if(LUNGATE_SANITIZE STREQUAL "address")
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all)
  add_link_options(-fsanitize=address,undefined)
elseif(LUNGATE_SANITIZE STREQUAL "thread")
  add_compile_options(-fsanitize=thread)
  add_link_options(-fsanitize=thread)
elseif(NOT LUNGATE_SANITIZE STREQUAL "")
  message(FATAL_ERROR "LUNGATE_SANITIZE is '${LUNGATE_SANITIZE}': address, thread or empty")
endif()
if(LUNGATE_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all)
  add_link_options(-fsanitize=address,undefined)
endif()
