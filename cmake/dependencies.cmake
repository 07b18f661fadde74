# SPDX-License-Identifier: LGPL-2.1-or-later
# Every foreign library, in one place. `packaging/install-deps` installs their packages.
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(spdlog REQUIRED)
find_package(tl-expected REQUIRED)
pkg_check_modules(ISAL REQUIRED IMPORTED_TARGET libisal)
find_package(toml11 REQUIRED)
find_package(nlohmann_json REQUIRED)

# libev, librados and librbd ship no CMake or pkg-config files in Debian 12.
find_library(LIBEV_LIBRARY ev REQUIRED)
add_library(libev INTERFACE IMPORTED)
target_link_libraries(libev INTERFACE ${LIBEV_LIBRARY})

if(NOT LUNGATE_FUZZ)
  find_package(CLI11 REQUIRED)
  find_package(prometheus-cpp REQUIRED COMPONENTS core)
  pkg_check_modules(URING REQUIRED IMPORTED_TARGET liburing)
  pkg_check_modules(MICROHTTPD REQUIRED IMPORTED_TARGET libmicrohttpd)
  pkg_check_modules(GNUTLS REQUIRED IMPORTED_TARGET gnutls)
  pkg_check_modules(LIBCRYPT REQUIRED IMPORTED_TARGET libxcrypt)
  find_package(ZLIB REQUIRED)
  find_package(yaml-cpp REQUIRED)
  pkg_check_modules(SYSTEMD REQUIRED IMPORTED_TARGET libsystemd)

  find_library(RADOS_LIBRARY rados REQUIRED)
  find_library(RBD_LIBRARY rbd REQUIRED)
  add_library(libceph INTERFACE IMPORTED)
  target_link_libraries(libceph INTERFACE ${RBD_LIBRARY} ${RADOS_LIBRARY})
endif()
