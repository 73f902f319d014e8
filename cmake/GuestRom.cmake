# ringdown_embed_rom(TARGET NAME) assembles roms/NAME.asm with nasm and compiles it into TARGET as
# `extern const unsigned char ringdown_rom_NAME[]` and `extern const unsigned ringdown_rom_NAME_size`. NAME may begin with
# folders, which the arrays' names leave out.
include(EmbedFile)
find_program(RINGDOWN_NASM nasm REQUIRED DOC "Assembler of the guest code in roms/")

function(ringdown_embed_rom target name)
  set(source "${CMAKE_SOURCE_DIR}/roms/${name}.asm")
  get_filename_component(symbol "${name}" NAME)
  set(image "${CMAKE_CURRENT_BINARY_DIR}/${symbol}.bin")
  # nasm 2.16's -MD names the source alone.
  file(GLOB includes CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/roms/*.inc" "${CMAKE_SOURCE_DIR}/roms/*/*.inc"
       "${CMAKE_SOURCE_DIR}/roms/*/*/*.inc")
  add_custom_command(
    OUTPUT "${image}"
    COMMAND "${RINGDOWN_NASM}" -Wall -Werror -f bin -I "${CMAKE_SOURCE_DIR}/roms/" -o "${image}" "${source}"
    DEPENDS "${source}" ${includes}
    VERBATIM)
  ringdown_embed_file(${target} ringdown_rom_${symbol} "${image}")
endfunction()
