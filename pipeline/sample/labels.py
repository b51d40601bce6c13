"""The words around an article, in every language of the sample."""

from typing import NamedTuple


class Labels(NamedTuple):
    """Texts of navigation, banners and footers."""

    home: str
    about: str
    contact: str
    archive: str
    search: str
    related: str
    share: str
    cookies: str
    accept: str
    rights: str
    newsletter: str
    missing: str
    moved: str


LABELS = {
    "ar": Labels("الرئيسية", "من نحن", "اتصل بنا", "الأرشيف", "بحث", "اقرأ أيضا", "مشاركة", "يستخدم هذا الموقع ملفات تعريف الارتباط لتحسين الخدمة.", "موافق", "جميع الحقوق محفوظة", "اشترك في النشرة", "الصفحة غير موجودة", "انتقلت الصفحة"),
    "de": Labels("Startseite", "Über uns", "Kontakt", "Archiv", "Suche", "Mehr zum Thema", "Teilen", "Diese Seite verwendet Cookies, um ihr Angebot zu verbessern.", "Einverstanden", "Alle Rechte vorbehalten", "Newsletter abonnieren", "Seite nicht gefunden", "Seite verschoben"),
    "el": Labels("Αρχική", "Ποιοι είμαστε", "Επικοινωνία", "Αρχείο", "Αναζήτηση", "Διαβάστε επίσης", "Κοινοποίηση", "Ο ιστότοπος χρησιμοποιεί cookies για καλύτερη λειτουργία.", "Συμφωνώ", "Με επιφύλαξη παντός δικαιώματος", "Εγγραφή στο ενημερωτικό δελτίο", "Η σελίδα δεν βρέθηκε", "Η σελίδα μεταφέρθηκε"),
    "en": Labels("Home", "About us", "Contact", "Archive", "Search", "Related articles", "Share", "This site uses cookies to improve its service.", "Accept all", "All rights reserved", "Subscribe to the newsletter", "Page not found", "Page moved"),
    "es": Labels("Inicio", "Quiénes somos", "Contacto", "Archivo", "Buscar", "Más artículos", "Compartir", "Este sitio usa cookies para mejorar su servicio.", "Aceptar", "Todos los derechos reservados", "Suscribirse al boletín", "Página no encontrada", "Página trasladada"),
    "fr": Labels("Accueil", "Qui sommes-nous", "Contact", "Archives", "Rechercher", "À lire aussi", "Partager", "Ce site utilise des cookies pour améliorer son service.", "Tout accepter", "Tous droits réservés", "S'abonner à la lettre", "Page introuvable", "Page déplacée"),
    "hi": Labels("मुखपृष्ठ", "हमारे बारे में", "संपर्क", "संग्रह", "खोज", "और पढ़ें", "साझा करें", "यह साइट बेहतर सेवा के लिए कुकीज़ का उपयोग करती है।", "स्वीकार करें", "सर्वाधिकार सुरक्षित", "समाचार पत्र लें", "पृष्ठ नहीं मिला", "पृष्ठ हटाया गया"),
    "ja": Labels("ホーム", "このサイトについて", "お問い合わせ", "過去の記事", "検索", "関連記事", "共有", "当サイトはサービス向上のためクッキーを使用します。", "同意する", "無断転載を禁じます", "メールマガジン登録", "ページが見つかりません", "ページは移動しました"),
    "ko": Labels("홈", "소개", "문의", "지난 글", "검색", "관련 글", "공유", "이 사이트는 서비스 개선을 위해 쿠키를 사용합니다.", "동의", "무단 전재 금지", "소식지 구독", "페이지를 찾을 수 없습니다", "페이지가 이동했습니다"),
    "pt": Labels("Início", "Quem somos", "Contato", "Arquivo", "Pesquisar", "Leia também", "Partilhar", "Este site usa cookies para melhorar o serviço.", "Aceitar", "Todos os direitos reservados", "Assinar o boletim", "Página não encontrada", "Página movida"),
    "ru": Labels("Главная", "О нас", "Контакты", "Архив", "Поиск", "Читайте также", "Поделиться", "Сайт использует файлы cookie для улучшения работы.", "Принять", "Все права защищены", "Подписаться на рассылку", "Страница не найдена", "Страница перемещена"),
    "sw": Labels("Nyumbani", "Kuhusu sisi", "Wasiliana", "Kumbukumbu", "Tafuta", "Soma pia", "Shiriki", "Tovuti hii hutumia vidakuzi kuboresha huduma.", "Kubali", "Haki zote zimehifadhiwa", "Jiunge na jarida", "Ukurasa haupo", "Ukurasa umehamishwa"),
    "th": Labels("หน้าแรก", "เกี่ยวกับเรา", "ติดต่อ", "คลังบทความ", "ค้นหา", "อ่านเพิ่มเติม", "แบ่งปัน", "เว็บไซต์นี้ใช้คุกกี้เพื่อปรับปรุงบริการ", "ยอมรับ", "สงวนลิขสิทธิ์", "สมัครจดหมายข่าว", "ไม่พบหน้านี้", "ย้ายหน้าแล้ว"),
    "tr": Labels("Ana sayfa", "Hakkımızda", "İletişim", "Arşiv", "Ara", "İlgili yazılar", "Paylaş", "Bu site hizmetini iyileştirmek için çerez kullanır.", "Kabul et", "Tüm hakları saklıdır", "Bültene abone ol", "Sayfa bulunamadı", "Sayfa taşındı"),
    "uk": Labels("Головна", "Про нас", "Контакти", "Архів", "Пошук", "Читайте також", "Поділитися", "Сайт використовує файли cookie для кращої роботи.", "Прийняти", "Усі права захищені", "Підписатися на розсилку", "Сторінку не знайдено", "Сторінку переміщено"),
    "zh": Labels("首页", "关于我们", "联系我们", "存档", "搜索", "相关文章", "分享", "本站使用 Cookie 以改进服务。", "接受", "版权所有", "订阅简报", "页面不存在", "页面已移动"),
}  # fmt: skip
