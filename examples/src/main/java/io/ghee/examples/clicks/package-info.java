/**
 * Clicks on advertisements: from HDFS into features, and from topic to topic through a model.
 *
 * <p>Start at {@link io.ghee.examples.clicks.ClicksPredict} and {@link io.ghee.examples.clicks.HdfsEtl}.
 */
@NullMarked
package io.ghee.examples.clicks;

import org.jspecify.annotations.NullMarked;
