# Writes the bytes of the file INPUT as the C++ array NAME into the file OUTPUT.
file(READ "${INPUT}" bytes HEX)
string(LENGTH "${bytes}" digits)
math(EXPR size "${digits} / 2")
string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
file(WRITE "${OUTPUT}" "extern const unsigned char ${NAME}[];\nextern const unsigned ${NAME}_size;\n"
  "const unsigned char ${NAME}[] = {${bytes}};\nconst unsigned ${NAME}_size = ${size};\n")
