// SPDX-License-Identifier: LGPL-2.1-or-later
// prometheus-cpp's serializer is the oracle here, and nowhere else.
#include "exporter/exposition.h"

#include <gmock/gmock.h>
#include <prometheus/text_serializer.h>

#include "tests/unit/exporter/family_fixture.h"

namespace lungate::exporter {
namespace {

using prometheus::MetricFamily;
using prometheus::MetricType;
using ::testing::HasSubstr;

/// The one spelling in which we differ on purpose; no name or label of the random families has it.
std::string with_our_nan(std::string text) {
  for (std::size_t at = 0; (at = text.find("Nan", at)) != std::string::npos; ++at) {
    text.replace(at, 3, "NaN");
  }
  return text;
}

TEST(Exposition, IsWhatTheLibraryMakesOfIt) {
  for (unsigned seed = 0; seed < 20'000; ++seed) {
    const auto families = RandomFamilies(seed).several();
    ASSERT_EQ(to_text(families), with_our_nan(prometheus::TextSerializer().Serialize(families)))
        << "seed " << seed;
  }
}

std::string gauge(double value) {
  MetricFamily family{"g", "", MetricType::Gauge, {}};
  family.metric.emplace_back().gauge.value = value;
  return to_text({family});
}

TEST(Exposition, NamesWhatIsNoNumberAsTheFormatDoes) {
  EXPECT_EQ(gauge(std::numeric_limits<double>::quiet_NaN()), "# TYPE g gauge\ng NaN\n");
  EXPECT_EQ(gauge(std::numeric_limits<double>::infinity()), "# TYPE g gauge\ng +Inf\n");
  EXPECT_EQ(gauge(-std::numeric_limits<double>::infinity()), "# TYPE g gauge\ng -Inf\n");
}

TEST(Exposition, EscapesHelp) {
  const MetricFamily family{"g", "a\\b\nc\"d", MetricType::Gauge, {}};
  EXPECT_THAT(to_text({family}), HasSubstr("# HELP g a\\\\b\\nc\"d\n"));
}

TEST(Exposition, EscapesLabels) {
  MetricFamily family{"g", "", MetricType::Gauge, {}};
  family.metric.emplace_back().label = {{"a", "x\"y\\z\n"}, {"b", ""}};
  EXPECT_EQ(to_text({family}), "# TYPE g gauge\ng{a=\"x\\\"y\\\\z\\n\",b=\"\"} 0\n");
}

TEST(Exposition, InfinityIsWrittenOnce) {
  MetricFamily family{"h", "", MetricType::Histogram, {}};
  auto& histogram = family.metric.emplace_back().histogram;
  histogram.sample_count = 3;
  histogram.bucket = {{1, 0.001}, {3, std::numeric_limits<double>::infinity()}};
  EXPECT_EQ(to_text({family}),
            "# TYPE h histogram\nh_count 3\nh_sum 0\nh_bucket{le=\"0.001\"} 1\n"
            "h_bucket{le=\"+Inf\"} 3\n");
}

}  // namespace
}  // namespace lungate::exporter
