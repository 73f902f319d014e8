// Code page 437, the character set of the PC's own fonts, in Unicode.
#pragma once

#include <string>

#include "core/types.h"

namespace ringdown {

/// The Unicode character that the PC's font draws for `code`; NUL and 255 look blank and become a space.
char32_t unicode_of_code_page_437(u8 code);

/// Appends a character to a UTF-8 string.
void append_utf8(std::string& text, char32_t character);

}  // namespace ringdown
