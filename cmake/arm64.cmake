# Cross-builds for 64-bit Arm with Debian's g++-aarch64-linux-gnu and runs what is built under qemu-aarch64 (package
# qemu-user). The libraries are arm64 packages that scripts/make_arm64_sysroot.sh unpacks.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
# The cross compiler's C library lies there.
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64;-L;/usr/aarch64-linux-gnu)

if(NOT DEFINED RINGDOWN_ARM64_SYSROOT)
  execute_process(COMMAND "${CMAKE_CURRENT_LIST_DIR}/../scripts/make_arm64_sysroot.sh"
                  OUTPUT_VARIABLE sysroot OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  set(RINGDOWN_ARM64_SYSROOT "${sysroot}" CACHE PATH "Folder of unpacked arm64 library packages")
endif()
# This file is read for every trial compilation too.
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES RINGDOWN_ARM64_SYSROOT)

set(CMAKE_FIND_ROOT_PATH "${RINGDOWN_ARM64_SYSROOT}" /usr/aarch64-linux-gnu)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)

# Zydis names a library it needs (-lZycore) without its folder; zlib's lies in /lib.
set(libraries "${RINGDOWN_ARM64_SYSROOT}/usr/lib/aarch64-linux-gnu")
set(CMAKE_EXE_LINKER_FLAGS_INIT
    "-L${libraries} -Wl,-rpath,${libraries}:${RINGDOWN_ARM64_SYSROOT}/lib/aarch64-linux-gnu")
