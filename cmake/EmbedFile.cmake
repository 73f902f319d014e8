# ringdown_embed_file(TARGET NAME FILE) compiles the bytes of FILE into TARGET as `extern const unsigned char NAME[]` and
# `extern const unsigned NAME_size`.
function(ringdown_embed_file target name file)
  set(array "${CMAKE_CURRENT_BINARY_DIR}/${name}.cpp")
  add_custom_command(
    OUTPUT "${array}"
    COMMAND "${CMAKE_COMMAND}" -DINPUT=${file} -DOUTPUT=${array} -DNAME=${name}
            -P "${CMAKE_SOURCE_DIR}/cmake/BytesToArray.cmake"
    DEPENDS "${file}" "${CMAKE_SOURCE_DIR}/cmake/BytesToArray.cmake"
    VERBATIM)
  target_sources(${target} PRIVATE "${array}")
endfunction()
