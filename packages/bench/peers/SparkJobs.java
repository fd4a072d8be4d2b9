// SparkJobs JOB OUT IN...: the measured work with Spark's RDDs and with its DataFrames.

import static org.apache.spark.sql.functions.*;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import scala.Tuple2;

public class SparkJobs {
  static final String SALES = "id LONG, user LONG, day STRING, category STRING, amount DOUBLE, note STRING";
  static final String USERS = "user LONG, name STRING, plan STRING";
  /** Documents of a word that stand on one line of the index. */
  static final int LINE_MAX = 1000;

  public static void main(String[] arguments) {
    String job = arguments[0], out = arguments[1], in = arguments[2];
    SparkSession session = SparkSession.builder().appName(job).getOrCreate();
    JavaSparkContext context = JavaSparkContext.fromSparkContext(session.sparkContext());
    switch (job) {
      case "word-count-rdd" -> context.textFile(in)
          .flatMap(line -> Arrays.asList(line.split("\\s+")).iterator())
          .filter(word -> !word.isEmpty())
          .mapToPair(word -> new Tuple2<>(word, 1L))
          .reduceByKey(Long::sum)
          .map(counted -> counted._1 + "\t" + counted._2)
          .saveAsTextFile(out);
      case "word-count-dataframe" -> session.read().text(in)
          .select(explode(split(col("value"), "\\s+")).as("word")).filter("word != ''")
          .groupBy("word").count()
          .select(concat_ws("\t", col("word"), col("count"))).write().text(out);
      case "sort-rdd" -> context.textFile(in)
          .mapToPair(line -> new Tuple2<>(line.substring(0, 10), line))
          .sortByKey().values().saveAsTextFile(out);
      case "sort-dataframe" -> session.read().text(in).orderBy("value").write().text(out);
      case "sum-dataframe" -> csv(session, SALES, in)
          .groupBy("user").agg(sum("amount").as("total"), count("*").as("n"))
          .write().option("header", "true").csv(out);
      case "join-dataframe" -> csv(session, SALES, in).join(csv(session, USERS, arguments[3]), "user")
          .groupBy("plan").agg(sum("amount").as("total"), count("*").as("n"))
          .write().option("header", "true").csv(out);
      case "index-rdd" -> context.textFile(in)
          .flatMapToPair(SparkJobs::postings)
          .groupByKey()
          .flatMap(SparkJobs::indexLines)
          .saveAsTextFile(out);
      case "index-dataframe" -> session.read().text(in)
          .select(split(col("value"), "\t").as("parts"))
          .select(col("parts").getItem(0).cast("int").as("document"), explode(split(col("parts").getItem(1), "\\s+")).as("word"))
          .groupBy("word").agg(collect_list("document").as("documents"))
          .select(concat_ws("\t", col("word"), concat_ws(" ", col("documents").cast("array<string>")))).write().text(out);
      case "empty-tasks" -> {
        int tasks = Integer.parseInt(in);
        System.out.println(context.parallelize(Collections.nCopies(tasks, 1), tasks).map(one -> one + 1).count());
      }
      default -> throw new IllegalArgumentException(job);
    }
    session.stop();
  }

  static Dataset<Row> csv(SparkSession session, String schema, String path) {
    return session.read().option("header", "true").option("escape", "\"").schema(schema).csv(path);
  }

  static java.util.Iterator<Tuple2<String, Integer>> postings(String line) {
    int tab = line.indexOf('\t');
    Integer document = Integer.valueOf(line.substring(0, tab));
    List<Tuple2<String, Integer>> found = new ArrayList<>();
    for (String word : line.substring(tab + 1).split("\\s+")) found.add(new Tuple2<>(word, document));
    return found.iterator();
  }

  static java.util.Iterator<String> indexLines(Tuple2<String, Iterable<Integer>> group) {
    List<String> lines = new ArrayList<>();
    StringBuilder line = new StringBuilder();
    int count = 0;
    for (Integer document : group._2) {
      line.append(count == 0 ? group._1 + "\t" : " ").append(document);
      if (++count < LINE_MAX) continue;
      lines.add(line.toString());
      line.setLength(0);
      count = 0;
    }
    if (count > 0) lines.add(line.toString());
    return lines.iterator();
  }
}
