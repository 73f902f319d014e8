// A journey as a drawing: time goes down, and each crossing is an arrow to the monitor and one from it.
#include <fmt/core.h>
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>

#include "frontend/lab/journey/journey.h"
#include "frontend/lab/wrapped_lines.h"

namespace ringdown {

namespace {

constexpr int kWidth = 1040;
constexpr int kApplication = 130;  // the lanes' x
constexpr int kMonitor = 500;
constexpr int kKernel = 870;
constexpr int kRow = 74;                // height of a crossing
constexpr int kLead = 26;               // of these, before its first arrow
constexpr int kBack = 44;               // from the arrow to the monitor to the one from it
constexpr int kLine = 14;               // of small text
constexpr int kPill = 32;               // half the width of what stands on the monitor's lane
constexpr int kGap = 10;                // between a lane and a text
constexpr std::size_t kTextWidth = 48;  // letters between two lanes
constexpr std::size_t kMostLines = 4;
/// Of a long journey these are drawn, from either end.
constexpr std::size_t kFirst = 24;
constexpr std::size_t kLast = 8;

constexpr std::string_view kStyle = R"(<style>
.journey text{font:12px system-ui,-apple-system,"Segoe UI",sans-serif;fill:#1d2430}
.journey .title{font-size:17px;font-weight:600}
.journey .head{font-size:13px;font-weight:600;text-anchor:middle}
.journey .note{fill:#5a6573;font-size:11px}
.journey .middle{text-anchor:middle}
.journey .end{text-anchor:end}
.journey .code{font-family:ui-monospace,"DejaVu Sans Mono",monospace;font-size:11.5px}
.journey .back{fill:#fff}
.journey .lane{stroke:#c3cad4;stroke-width:1.5;stroke-dasharray:3 4}
.journey .box{fill:#eef1f5;stroke:#c3cad4}
.journey .arrow{stroke:#1d2430;stroke-width:1.3;fill:none}
.journey .point{fill:#1d2430}
.journey .application{fill:#2f7d5b}
.journey .kernel{fill:#2b62b8}
.journey .monitor{fill:#b4471f}
.journey .time{fill:#fff;font-size:11px;text-anchor:middle}
@media screen and (prefers-color-scheme:dark){
.journey text{fill:#e4e9f0}
.journey .note{fill:#9aa6b5}
.journey .back{fill:#14181f}
.journey .lane{stroke:#475160}
.journey .box{fill:#1f2630;stroke:#475160}
.journey .arrow{stroke:#e4e9f0}
.journey .point{fill:#e4e9f0}
.journey .application{fill:#3f9a72}
.journey .kernel{fill:#4a83dc}
.journey .monitor{fill:#cf5f34}
.journey .time{fill:#fff}
}
</style>
)";

std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      default:
        result += c;
    }
  }
  return result;
}

/// Arrows of text become typographic ones here.
std::string with_arrows(std::string text) {
  for (std::size_t at = text.find("->"); at != std::string::npos; at = text.find("->", at))
    text.replace(at, 2, "→");
  return text;
}

int lane_of(u8 virtual_ring) { return virtual_ring == 3 ? kApplication : kKernel; }

class Drawing {
 public:
  void add(const Journey& journey) {
    y_ += 34;
    std::string title(describe(journey.kind));
    title[0] = static_cast<char>(title[0] - 'a' + 'A');
    text(20, y_, "title", title);
    y_ += 22;
    text(20, y_, "note",
         fmt::format(
             "{} crossings, {} guest instructions, {} of them without the monitor; host time: monitor {} ns, "
             "guest {} ns; under VT-x with extended page tables: {} exits",
             journey.crossings.size(), journey.instructions, journey.direct_instructions(),
             journey.host_ns_inside(), journey.host_ns_outside(), journey.exits_under_vtx()));
    y_ += 18;
    heads(journey);
    const int top = y_;
    const std::size_t lanes_at = body_.size();
    rows(journey);
    y_ += 14;
    std::string lanes;
    for (const int lane : {kApplication, kMonitor, kKernel})
      lanes +=
          fmt::format("<line class=\"lane\" x1=\"{0}\" y1=\"{1}\" x2=\"{0}\" y2=\"{2}\"/>\n", lane, top, y_);
    body_.insert(lanes_at, lanes);
  }

  std::string take(std::string_view label) {
    y_ += 20;
    return fmt::format(
               "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"journey\" viewBox=\"0 0 {0} {1}\" "
               "role=\"img\" "
               "aria-label=\"{2}\" style=\"width:100%;max-width:{0}px;height:auto\">\n",
               kWidth, y_, escaped(label)) +
           std::string(kStyle) +
           fmt::format("<rect class=\"back\" width=\"{}\" height=\"{}\"/>\n", kWidth, y_) + body_ +
           "</svg>\n";
  }

 private:
  template <class... Values>
  void put(fmt::format_string<Values...> form, Values&&... values) {
    fmt::format_to(std::back_inserter(body_), form, std::forward<Values>(values)...);
  }
  void text(int x, int y, std::string_view kind, std::string_view words) {
    put("<text class=\"{}\" x=\"{}\" y=\"{}\">{}</text>\n", kind, x, y, escaped(words));
  }

  void heads(const Journey& journey) {
    const int kernel_ring = journey.deprivilege == Deprivilege::Ring1 ? 1 : 3;
    const auto head = [&](int lane, std::string_view name, const std::string& rings) {
      put("<rect class=\"box\" x=\"{}\" y=\"{}\" width=\"220\" height=\"42\" rx=\"6\"/>\n", lane - 110, y_);
      text(lane, y_ + 18, "head", name);
      text(lane, y_ + 34, "note middle", rings);
    };
    head(kApplication, "application", "virtual ring 3, physical ring 3");
    head(kMonitor, "monitor", "takes every trap");
    head(kKernel, "guest kernel", fmt::format("virtual ring 0, physical ring {}", kernel_ring));
    y_ += 42;
  }

  void rows(const Journey& journey) {
    const std::vector<Crossing>& crossings = journey.crossings;
    const bool folded = crossings.size() > kFirst + kLast + 1;
    int free_since = y_;  // where whoever runs began to
    for (std::size_t i = 0; i < crossings.size(); ++i) {
      if (folded && i == kFirst) {
        fold(crossings, i, crossings.size() - kLast);
        i = crossings.size() - kLast;
        free_since = y_;
      }
      y_ += kLead;
      runs(crossings[i].virtual_ring_before, free_since, y_);
      crossing(i + 1, crossings[i]);
      free_since = y_ + kBack;
      y_ += kRow - kLead + room_;
    }
    y_ += 18;
    if (!crossings.empty()) runs(crossings.back().virtual_ring_after, free_since, y_);
  }

  void runs(u8 ring, int from, int to) {
    put("<rect class=\"{}\" x=\"{}\" y=\"{}\" width=\"8\" height=\"{}\" rx=\"2\"/>\n", runs_at(ring),
        lane_of(ring) - 4, from, std::max(to - from, 2));
  }

  void arrow(int from, int to, int y) {
    const int direction = to > from ? 1 : -1;
    put("<line class=\"arrow\" x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\"/>\n", from, y, to - 6 * direction, y);
    put("<path class=\"point\" d=\"M{0} {1}l{2} -4v8z\"/>\n", to, y, -8 * direction);
  }

  void crossing(std::size_t number, const Crossing& c) {
    const bool from_application = c.virtual_ring_before == 3;
    const bool to_application = c.virtual_ring_after == 3;
    const int from = lane_of(c.virtual_ring_before);
    const int to = lane_of(c.virtual_ring_after);
    const int inner_from = from_application ? from + 5 : from - 5;
    const int inner_to = to_application ? to + 5 : to - 5;
    arrow(inner_from, kMonitor + (from_application ? -kPill : kPill), y_);
    arrow(kMonitor + (to_application ? -kPill : kPill), inner_to, y_ + kBack);
    put("<rect class=\"monitor\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"5\"/>\n", kMonitor - kPill,
        y_ - 9, 2 * kPill, kBack + 18);
    text(kMonitor, y_ + 11, "time", fmt::format("{}", number));
    text(kMonitor, y_ + 29, "time", fmt::format("{} ns", c.host_ns_inside));
    caption(from_application, y_ - 6, "code", instruction_text(c));
    const std::string changes = with_arrows(changes_text(c));
    const std::vector<std::string> lines = wrapped_lines(changes, kTextWidth + 2);
    if (!lines.empty()) caption(to_application, y_ + kBack - 6, "note", lines.front());
    room_ = 0;
    for (std::size_t i = 1; i < lines.size(); ++i, room_ += kLine)
      caption(to_application, y_ + kBack + kLine - 1 + room_, "note", lines[i]);
    since(from_application, c);
    // What the monitor did stands where no arrow goes, or below the one that came.
    const std::vector<std::string> story = wrapped_lines(with_arrows(c.did), kTextWidth);
    const bool below_arrow = from_application != to_application;
    int line_y = y_ + (below_arrow ? kLine + 2 : 0);
    for (std::size_t i = 0; i < std::min(story.size(), kMostLines); ++i, line_y += kLine)
      caption(!to_application, line_y, "told", story[i]);
  }

  /// A text between two lanes, next to whoever is not the monitor.
  void caption(bool left, int y, std::string_view kind, std::string_view words) {
    text((left ? kApplication : kMonitor + kPill) + kGap, y, kind, words);
  }

  void since(bool left, const Crossing& c) {
    if (c.host_ns_since == 0 && c.instructions_since == 0) return;
    const int x = left ? kApplication - kGap : kKernel + kGap;
    const char* const kind = left ? "note end" : "note";
    text(x, y_ - 2, kind, fmt::format("{} instr.", c.instructions_since));
    text(x, y_ + kLine - 2, kind, fmt::format("{} ns", c.host_ns_since));
  }

  void fold(const std::vector<Crossing>& crossings, std::size_t begin, std::size_t end) {
    std::map<std::string_view, std::size_t> causes;
    u64 inside = 0;
    for (std::size_t i = begin; i < end; ++i) {
      ++causes[name_of(crossings[i].cause)];
      inside += crossings[i].host_ns_inside;
    }
    std::string words = fmt::format("{} more crossings, {} ns in the monitor:", end - begin, inside);
    for (const auto& [cause, count] : causes) words += fmt::format(" {} {}", count, cause);
    y_ += 30;
    text(kMonitor, y_, "note middle", words);
    y_ += 12;
  }

  std::string body_;
  int y_ = 0;
  int room_ = 0;  // that the last crossing needs below it
};

}  // namespace

std::string journeys_svg(const std::vector<Journey>& journeys) {
  Drawing drawing;
  std::string label = "Followed through the monitor:";
  for (const Journey& journey : journeys) {
    drawing.add(journey);
    label += fmt::format(" {}", name_of(journey.kind));
  }
  return drawing.take(label);
}

}  // namespace ringdown
