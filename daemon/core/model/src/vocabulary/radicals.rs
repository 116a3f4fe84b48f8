//! Radicals that copies from PDF files print for letters: ⼈⺠ for 人民.
//!
//! Invariant: each radical has the letter that looks like it. The Kangxi radicals are what NFKC makes of them too; of the
//! others Unicode gives no letter, and a font's look does.

/// Radicals of the supplement, in their order, and in the same place the letters.
const RADICALS: &str = "⺀⺁⺂⺃⺄⺅⺆⺇⺈⺉⺊⺋⺌⺍⺎⺏⺐⺒⺓⺔⺕⺖⺗⺘⺙⺛⺜⺝⺞⺟⺠⺡⺢⺣⺤⺥⺦⺧⺨⺩⺪⺫⺬⺭⺮⺯⺰⺱⺲⺳⺴⺵⺶⺷⺸⺹⺺⺻⺼⺽⺾⺿⻀⻁⻂⻃⻄⻅⻆⻇⻈⻉⻊⻋⻌⻍⻎⻏⻐⻑⻒⻓⻔⻕⻖⻗⻘⻙⻚⻛⻜⻝⻞⻟⻠⻡⻢⻣⻤⻥⻦⻧⻨⻩⻪⻫⻬⻭⻮⻯⻰⻱⻲⻳";
const LETTERS: &str = "冫厂乛乚乙亻冂几刀刂卜㔾小小兀尣尢巳幺彑彐忄心扌攵旡日月歺母民氵氺灬爫爫丬牛犭王疋目示礻竹糸纟罓罒网冈网羊羊羊耂肀聿月臼艹艹艹虎衤覀西见角角讠贝足车辶辶辶阝钅長镸长门阜阝雨青韦页风飞食飠飠饣首马骨鬼鱼鸟卤麦黄黾斉齐歯齿竜龙龜亀龟";
/// The letters of the Kangxi radicals from U+2F00 on.
const KANGXI: &str = "一丨丶丿乙亅二亠人儿入八冂冖冫几凵刀力勹匕匚匸十卜卩厂厶又口囗土士夂夊夕大女子宀寸小尢尸屮山巛工己巾干幺广廴廾弋弓彐彡彳心戈户手支攴文斗斤方无日曰月木欠止歹殳毋比毛氏气水火爪父爻爿片牙牛犬玄玉瓜瓦甘生用田疋疒癶白皮皿目矛矢石示禸禾穴立竹米糸缶网羊羽老而耒耳聿肉臣自至臼舌舛舟艮色艸虍虫血行衣襾見角言谷豆豕豸貝赤走足身車辛辰辵邑酉釆里金長門阜隶隹雨靑非面革韋韭音頁風飛食首香馬骨高髟鬥鬯鬲鬼魚鳥鹵鹿麥麻黃黍黑黹黽鼎鼓鼠鼻齊齒龍龜龠";
const KANGXI_FIRST: u32 = 0x2f00;

/// The letter that a radical stands for; any other character as it is.
pub fn radical_as_letter(c: char) -> char {
    let found = match c {
        '\u{2e80}'..='\u{2eff}' => {
            RADICALS.chars().position(|radical| radical == c).and_then(|place| LETTERS.chars().nth(place))
        }
        '\u{2f00}'..='\u{2fdf}' => KANGXI.chars().nth((u32::from(c) - KANGXI_FIRST) as usize),
        _ => None,
    };
    found.unwrap_or(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_radical_has_its_letter() {
        assert_eq!((RADICALS.chars().count(), KANGXI.chars().count()), (LETTERS.chars().count(), 214));
        let letters: String = "⼈⺠政府⽹站⻓期⼊⼾⼦⺟⾼龄x".chars().map(radical_as_letter).collect();
        assert_eq!(letters, "人民政府网站长期入户子母高龄x");
    }
}
