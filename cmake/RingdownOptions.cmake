# One interface target that carries the language level, the warnings and the sanitizers of every folder.
add_library(ringdown_options INTERFACE)
target_compile_features(ringdown_options INTERFACE cxx_std_20)
target_include_directories(ringdown_options INTERFACE "${CMAKE_SOURCE_DIR}")
target_compile_options(ringdown_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wcast-qual -Wextra-semi
  # Guest arithmetic wraps in signed types too, and state is copied as bytes.
  -fno-strict-aliasing -fwrapv)
if(RINGDOWN_WARNINGS_AS_ERRORS)
  target_compile_options(ringdown_options INTERFACE -Werror)
endif()
if(RINGDOWN_SANITIZE)
  target_compile_options(ringdown_options INTERFACE -fsanitize=${RINGDOWN_SANITIZE} -fno-omit-frame-pointer)
  target_link_options(ringdown_options INTERFACE -fsanitize=${RINGDOWN_SANITIZE})
  # Instrumentation keeps the frames of handlers that call each other in tail position.
  target_compile_definitions(ringdown_options INTERFACE RINGDOWN_NO_TAIL_CALLS)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # Instrumented code of the standard library's <regex> makes g++ 12 warn wrongly.
    target_compile_options(ringdown_options INTERFACE -Wno-maybe-uninitialized)
  endif()
  if(RINGDOWN_SANITIZE MATCHES "undefined")
    target_compile_options(ringdown_options INTERFACE -fno-sanitize-recover=undefined)
  endif()
endif()
if(RINGDOWN_FUZZ)
  # Coverage that libFuzzer follows; its main program comes with the targets (tests/fuzz).
  target_compile_options(ringdown_options INTERFACE -fsanitize=fuzzer-no-link)
  target_link_options(ringdown_options INTERFACE -fsanitize=fuzzer-no-link)
endif()

# ringdown_library(NAME) declares the static library ringdown_NAME and its alias ringdown::NAME.
function(ringdown_library name)
  # A header and the language, so that a folder may start without sources of its own.
  add_library(ringdown_${name} STATIC "${CMAKE_SOURCE_DIR}/core/types.h")
  set_target_properties(ringdown_${name} PROPERTIES LINKER_LANGUAGE CXX)
  add_library(ringdown::${name} ALIAS ringdown_${name})
  target_link_libraries(ringdown_${name} PUBLIC ringdown_options)
endfunction()
