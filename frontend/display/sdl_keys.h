// SDL's key positions as keys of a PC keyboard.
#pragma once

#include <SDL_keyboard.h>

#include <optional>

#include "frontend/display/scancodes.h"

namespace ringdown {

/// The key at a position of the host's keyboard. `modifiers` (SDL_Keymod) turn Pause into Break and Print
/// Screen into SysRq. None for keys a 104-key keyboard does not have.
std::optional<Key> key_of_sdl(SDL_Scancode scancode, unsigned modifiers);

}  // namespace ringdown
